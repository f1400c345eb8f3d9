"""Programs that run inside a peer's own environment; none imports anything of ours outside this folder.

`host.py` drives the optimisers, one file for each (`*_peer.py`); `fit_*.py` fit laws, and `coco_server.py`
computes the functions of BBOB.
"""
