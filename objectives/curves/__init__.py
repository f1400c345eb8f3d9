"""Loss curves under learning-rate schedules: laws of a whole curve, and forecasts from its beginning.

`schedule` and `schedule_text` say what the learning rate is at each step, `path` what the laws sum over it;
`annealing` and `multi_power` are the published laws, `forms` those two and the baselines in coordinates a
fit can use; `curve` and `curve_table` hold a measured curve; `fitting` fits a form to it, `forecast` chooses
among the forms, calibrates and answers; `pruning` stops runs that will not win.
"""
