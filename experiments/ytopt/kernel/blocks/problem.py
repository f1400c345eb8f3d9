"""A problem in ytopt's style: an old ConfigSpace, and a program that a plopper in a neighbouring folder runs."""

import os, sys
import numpy as np
from autotune import TuningProblem
from autotune.space import *
import ConfigSpace as CS
import ConfigSpace.hyperparameters as CSH
from skopt.space import Real

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.dirname(HERE) + '/plopper')
from plopper import Plopper

cs = CS.ConfigurationSpace(seed=1234)
p0 = CSH.UniformIntegerHyperparameter(name='p0', lower=2, upper=20, default_value=10, q=2)
p1 = CSH.UniformFloatHyperparameter(name='p1', lower=0.1, upper=0.6, q=0.1)
p2 = CSH.CategoricalHyperparameter(name='p2', choices=['#pragma omp parallel for', ' '], default_value=' ')
p3 = CSH.OrdinalHyperparameter(name='p3', sequence=['1', '8', '16'], default_value=None)
p4 = CSH.UniformIntegerHyperparameter(name='p4', lower=0, upper=9)
cs.add_hyperparameters([p0, p1, p2, p3, p4])
cs.add_condition(CS.EqualsCondition(p3, p2, '#pragma omp parallel for'))
cs.add_conditions([CS.InCondition(p4, p2, [' '])])
cs.add_forbidden_clause(CS.ForbiddenAndConjunction(CS.ForbiddenEqualsClause(p0, 2), CS.ForbiddenEqualsClause(p1, 0.3)))

obj = Plopper(HERE + '/time.sh')

def myobj(point: dict):
    x = np.array([point[f'p{i}'] for i in range(len(point))])
    return obj.findRuntime(x, [name.upper() for name in point])

Problem = TuningProblem(
    task_space=None,
    input_space=cs,
    output_space=Space([Real(0.0, inf, name='time')]),
    objective=myobj,
    constraints=None,
    model=None
    )
