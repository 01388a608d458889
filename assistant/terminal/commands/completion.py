"""`assistant completion`: what a shell needs to complete our commands."""

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and conversations with Tab.

    \b
    bash, in ~/.bashrc:  eval "$(assistant completion bash)"
    zsh, in ~/.zshrc:    eval "$(assistant completion zsh)"
    fish:                assistant completion fish > ~/.config/fish/completions/assistant.fish
    """
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None, "click knows the three shells"
    click.echo(script(context.find_root().command, {}, "assistant", "_ASSISTANT_COMPLETE").source(), nl=False)
