"""A problem in ytopt's style: Ackley's function of ten variables, least (0) at the origin."""

from numpy import array, cos, e, exp, mean, pi, sqrt
from autotune import TuningProblem
from autotune.space import *

size = 10
input_space = Space([Real(-15, 15, name=f'x_{i}') for i in range(size)])
output_space = Space([Real(-inf, inf, name='y')])

def myobj(point: dict):
    x = array([point[f'x_{i}'] for i in range(size)])
    return 20 + e - 20 * exp(-0.2 * sqrt(mean(x**2))) - exp(mean(cos(2 * pi * x)))

Problem = TuningProblem(
    task_space=None,
    input_space=input_space,
    output_space=output_space,
    objective=myobj,
    constraints=None,
    model=None
    )
