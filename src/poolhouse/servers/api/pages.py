"""The page at /api: every endpoint and every problem, without script."""

from __future__ import annotations

from html import escape

from poolhouse.servers.api.problems import KINDS
from poolhouse.servers.api.table import ENDPOINTS

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Poolhouse API</title>
</head>
<body>
<main>
<h1>Poolhouse API</h1>
<p>Every address below begins with <code>{base_url}</code>. Send <code>Authorization: Bearer TOKEN</code> with
an API token, and JSON in UTF-8. Lists come in pages: follow <code>next</code> until it is null. The
<a href="{openapi_url}">OpenAPI document</a> has all details for programs.</p>
<h2>Endpoints</h2>
<table>
<thead><tr><th scope="col">Method</th><th scope="col">Address</th><th scope="col">What it does</th></tr></thead>
<tbody>
{endpoints}
</tbody>
</table>
<h2>Problems</h2>
<p>What goes wrong is answered as <code>application/problem+json</code> (RFC 9457). Its <code>type</code> is the address
of one of these:</p>
<dl>
{problems}
</dl>
</main>
</body>
</html>
"""


def index_page(base_url: str, openapi_url: str) -> str:
    """The page as HTML."""
    endpoints = "\n".join(
        f"<tr><td><code>{endpoint.method}</code></td><td><code>{escape(endpoint.path)}</code></td>"
        f"<td>{escape(endpoint.summary)}</td></tr>"
        for endpoint in ENDPOINTS
    )
    problems = "\n".join(
        f'<dt id="{kind.slug}">{kind.slug} ({kind.status}): {escape(kind.title)}</dt>'
        f"<dd>{escape(kind.advice).replace('`', '')}</dd>"
        for kind in KINDS
    )
    return _PAGE.format(
        base_url=escape(base_url), openapi_url=escape(openapi_url), endpoints=endpoints, problems=problems
    )
