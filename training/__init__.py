"""A small model learns its job: written examples -> tokens -> LoRA -> GGUF adapter -> judgement.

Stands beside the product and is not shipped with it: it may use every stage, and no stage uses it.
"""
