"""The look of Gradio's own components: paper, ink and one accent, in light and dark."""

import gradio as gr

SANS = (
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', sans-serif"
)


def theme() -> gr.themes.Base:
    """Colours come from the variables of page.css, so that light and dark are decided in one place."""
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        radius_size="md",
        font=[*(name.strip(" '") for name in SANS.split(","))],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        body_background_fill="var(--paper)",
        body_background_fill_dark="var(--paper)",
        body_text_color="var(--ink)",
        body_text_color_dark="var(--ink)",
        background_fill_primary="var(--card)",
        background_fill_primary_dark="var(--card)",
        border_color_primary="var(--line)",
        border_color_primary_dark="var(--line)",
        input_background_fill="transparent",
        input_background_fill_dark="transparent",
        input_placeholder_color="var(--quiet)",
        input_placeholder_color_dark="var(--quiet)",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_shadow_dark="none",
    )
