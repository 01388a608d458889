"""The terminal door: `assistant COMMAND`. Heavy imports wait inside the commands, so that help is at once.

Exit codes: 0 done; 1 failed, with one sentence on standard error; 2 usage; 3, from `ask` alone, when the
article does not answer; 130 stopped by Ctrl-C.
"""

import logging
import os
import sys
from collections.abc import Sequence

import click

from assistant.terminal.commands import (
    article,
    ask,
    chat,
    completion,
    history,
    installation,
    serve,
    verify,
)
from corpus.errors import AssistantError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="framework-assistant")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR and pipes do the same.")
@click.option("--verbose", is_flag=True, help="Log to standard error what happens inside.")
@click.pass_context
def cli(context: click.Context, no_color: bool, verbose: bool) -> None:
    """Answers from one article, PyTorch vs TensorFlow in 2022: every sentence with its source."""
    if no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(name)s: %(message)s")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit with its code."""
    try:
        code = cli.main(arguments, prog_name="assistant", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except AssistantError as error:
        from assistant.terminal.show import complain

        complain(str(error))
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except UnicodeEncodeError as error:
        click.echo(
            f"The output's encoding, {error.encoding}, lacks characters; set PYTHONIOENCODING=utf-8.",
            err=True,
        )
        code = 1
    except Exception as error:
        logging.getLogger(__name__).info("the whole story", exc_info=error)
        cause = " ".join(f"{type(error).__name__}: {error}".split())
        click.echo(
            f"Something broke: {cause}. `assistant --verbose …` shows where, `assistant doctor` what.",
            err=True,
        )
        code = 1
    sys.exit(code or 0)


COMMANDS: tuple[click.Command, ...] = (
    ask.ask,
    chat.chat,
    history.history,
    article.search,
    article.recommend,
    article.check,
    verify.verify,
    serve.serve,
    serve.key,
    installation.models,
    installation.doctor,
    completion.completion,
)

for command in COMMANDS:
    cli.add_command(command)

if __name__ == "__main__":
    main()
