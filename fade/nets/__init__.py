"""Networks: ops, batches of cells, skeletons, hyper-architectures."""

from fade.nets.vocabulary import op_names, register_op

__all__ = ["op_names", "register_op"]
