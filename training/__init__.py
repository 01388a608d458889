"""A small model learns its job: written examples -> tokens -> LoRA -> GGUF adapter -> judgement.

Stands beside the product and is not shipped with it: it may use every stage, and no stage uses it.
"""

import os

# torch takes and gives back gigabytes at every step; in pages of 4 KB half of the time goes into that. It
# reads this when it is imported.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
