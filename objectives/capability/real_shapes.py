"""Every dense shape of the `architecture` space, counted exactly: what the planner answers real budgets with.

The law is blind to heads, so that a planner would always take the cheapest. They are fixed as the law's
author has them: heads of 128, 8 of them for keys and values.
"""

import numpy as np

from objectives.capability.grid import Shapes
from objectives.shapes import ShapeTable
from spaces.architecture_space import architecture_space
from spaces.encoding import Encoder

HEAD_DIM, KV_HEADS = 128, 8
HEADS = tuple(range(KV_HEADS, 129, KV_HEADS))
SEQUENCE = 4096
"""Tokens in a training sequence; attention is causal."""


def real_shapes() -> Shapes:
    """All of them, in the order of the space: its parameters by name, the last varying fastest."""
    space = architecture_space("dense", head_dim=HEAD_DIM, n_heads=HEADS, n_kv_heads=KV_HEADS)
    encoder = Encoder(space)
    configs = encoder.decode_many(encoder.every())
    table = ShapeTable.of(configs, SEQUENCE)
    layers, hidden, ffn = (configs[name].astype(np.int64) for name in ("layers", "d_model", "d_ff"))
    embedding = table.total - table.non_embedding
    return Shapes(layers, hidden, ffn, table.total, embedding, table.flops_per_token)
