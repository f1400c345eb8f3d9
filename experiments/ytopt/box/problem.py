"""A problem in ytopt's style: dimensions of skopt's, and an objective that is a formula; least at (1, 8, a)."""

from numpy import abs, sqrt
from autotune import TuningProblem
from autotune.space import *

input_space = Space([
    Real(-4, 4, name='x'),
    Integer(1, 64, 'log-uniform', name='k'),
    Categorical(['a', 'b', 'c'], name='kind'),
])

output_space = Space([
    Real(0.0, inf, name='y')
])

def myobj(point: dict):
    print('CONFIG:', point)
    return sqrt(abs(point['x'] - 1)) + abs(point['k'] - 8) / 8 + 'abc'.index(point['kind'])

Problem = TuningProblem(
    task_space=None,
    input_space=input_space,
    output_space=output_space,
    objective=myobj,
    constraints=None,
    model=None
    )
