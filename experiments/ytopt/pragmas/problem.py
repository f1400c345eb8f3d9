"""A problem in ytopt's style: pragmas of a made-up loop, some of which only make sense under others.

The time of the loop is a formula; it is least, 1, for 'parallel for' with 16 threads, dynamic chunks of 80, tiles
of 64 by 48 and no unrolling.
"""

from math import isnan, log2
from autotune import TuningProblem
from autotune.space import *
import ConfigSpace as CS
import ConfigSpace.hyperparameters as CSH

cs = CS.ConfigurationSpace(seed=1234)
loop = CSH.CategoricalHyperparameter(name='p0', choices=['#pragma omp #p1', '#pragma unroll #p4', ' '], default_value=' ')
threads = CSH.OrdinalHyperparameter(name='p1', sequence=['1', '2', '4', '8', '16', '32', '64'], default_value='8')
schedule = CSH.CategoricalHyperparameter(name='p2', choices=['static', 'dynamic,#p3', 'guided'], default_value='static')
chunk = CSH.UniformIntegerHyperparameter(name='p3', lower=10, upper=200, default_value=100, q=10)
unroll = CSH.UniformIntegerHyperparameter(name='p4', lower=2, upper=8)
tile_i = CSH.UniformIntegerHyperparameter(name='p5', lower=4, upper=256, default_value=32, log=True)
tile_j = CSH.UniformIntegerHyperparameter(name='p6', lower=4, upper=256, default_value=32, log=True)
cs.add_hyperparameters([loop, threads, schedule, chunk, unroll, tile_i, tile_j])
cs.add_conditions([
    CS.EqualsCondition(threads, loop, '#pragma omp #p1'),
    CS.EqualsCondition(schedule, loop, '#pragma omp #p1'),
    CS.EqualsCondition(chunk, schedule, 'dynamic,#p3'),
    CS.EqualsCondition(unroll, loop, '#pragma unroll #p4'),
])
cs.add_forbidden_clause(
    CS.ForbiddenAndConjunction(CS.ForbiddenEqualsClause(threads, '64'), CS.ForbiddenEqualsClause(schedule, 'guided')))

def myobj(point: dict):
    time = 1 + 0.2 * log2(point['p5'] / 64)**2 + 0.2 * log2(point['p6'] / 48)**2
    if point['p0'] == ' ':
        return time + 6
    if point['p0'].startswith('#pragma unroll'):
        return time + 4 + 0.1 * abs(point['p4'] - 4)
    time += 0.5 * abs(log2(int(point['p1'])) - 4)
    if isnan(point['p3']):
        return time + (0.8 if point['p2'] == 'static' else 0.5)
    return time + (point['p3'] - 80)**2 / 5000

Problem = TuningProblem(
    task_space=None,
    input_space=cs,
    output_space=Space([Real(0.0, inf, name='time')]),
    objective=myobj,
    constraints=None,
    model=None
    )
