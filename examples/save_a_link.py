"""Save a link: python save_a_link.py SERVER TOKEN-FILE ADDRESS [TAG ...], with nothing but Python."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

server, token_file, url, *tags = sys.argv[1:]
request = urllib.request.Request(
    f"{server}/api/v1/links",
    data=json.dumps({"url": url, "tags": tags}).encode(),
    headers={
        "Authorization": f"Bearer {Path(token_file).read_text().strip()}",
        "Content-Type": "application/json",
    },
)
try:
    with urllib.request.urlopen(request) as answer:
        link = json.load(answer)
        print("Saved" if answer.status == 201 else "Was there already:", link["title"])
except urllib.error.HTTPError as problem:
    sys.exit(json.load(problem)["detail"])
