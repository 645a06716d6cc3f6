"""Pages link to files beside docs. In the site these are links into the repository ($REPOSITORY_URL), or plain text where none is named."""

import logging
import os
import re
from pathlib import Path

LINK = re.compile(r"\[([^\]]*)\]\(\.\./([^)#\s]*)(#[^)]*)?\)")
log = logging.getLogger("mkdocs.hooks.repository_links")


def on_page_markdown(markdown, page, config, files):
    root = Path(config["docs_dir"]).parent
    repository = os.environ.get("REPOSITORY_URL", "").rstrip("/")

    def link(match):
        text, path, anchor = match.group(1), match.group(2), match.group(3) or ""
        if not (root / path).exists():
            log.warning("%s: %s is not there", page.file.src_path, path)
        return f"[{text}]({repository}/blob/main/{path}{anchor})" if repository else text

    # "values" marks what a test renders the chart with.
    return LINK.sub(link, markdown).replace("```yaml values", "```yaml")
