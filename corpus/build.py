"""Record the corpus after a change that is meant: restore, check, then write the manifest last.

Run `python -m corpus.build` after editing source.txt, repairs.yaml or en.md. Nothing is recorded unless the
editions are aligned.
"""

import json
import sys

from corpus.alignment import check
from corpus.article import Article, parse
from corpus.chunking import passages
from corpus.errors import CorpusError
from corpus.files import MANIFEST, RECORDED, read, sha256, stored, write_whole
from corpus.restore import parse_repairs, restore


def main() -> int:
    """Rebuild zh.md and manifest.json and say in one line what was read and written.

    Raises CorpusError, leaving manifest.json as it is, when a repair does not fit or the editions disagree.
    """
    repairs = parse_repairs(read("repairs.yaml"))
    markdown = restore(read("source.txt"), repairs).markdown
    article = Article(zh=parse(markdown, "zh"), en=parse(read("en.md"), "en"))
    check(article)
    write_whole(stored("zh.md"), markdown.encode("utf-8"))
    hashes = {name: sha256(stored(name).read_bytes()) for name in RECORDED}
    write_whole(stored(MANIFEST), (json.dumps(hashes, indent=2) + "\n").encode("utf-8"))
    sys.stdout.write(
        f"read source.txt, {len(repairs)} repairs and en.md; wrote zh.md and {MANIFEST}: "
        f"{len(passages(article)) // 2} aligned passages in {len(article.zh.sections)} sections\n"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CorpusError, OSError) as error:
        sys.exit(str(error))
