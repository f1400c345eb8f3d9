"""The Temporal Scaling Law: loss at every position of the context, and how it changes during training.

`position` is the law across positions and `position_fit` fits it at every checkpoint; `families` are the
curves its coefficients may follow over trained tokens and `curve_fit` fits those; `forecasting` chooses
among them by held-out forecast and `forecast` puts it together; `uniformity` asks whether all positions learn
alike; `history_table` reads tables and `record` writes the answer as plain JSON.
"""
