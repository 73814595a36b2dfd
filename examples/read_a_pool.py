"""Print every link of a pool: python read_a_pool.py SERVER TOKEN-FILE POOL, with nothing but Python."""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

server, token_file, pool = sys.argv[1:]
headers = {"Authorization": f"Bearer {Path(token_file).read_text().strip()}"}
page = f"{server}/api/v1/links?" + urllib.parse.urlencode({"pool": pool})
try:
    while page:
        with urllib.request.urlopen(urllib.request.Request(page, headers=headers)) as answer:
            links = json.load(answer)
        for link in links["items"]:
            print(link["saved_at"], link["title"], link["url"], sep="\t")
        page = links["next"]
except urllib.error.HTTPError as problem:
    sys.exit(json.load(problem)["detail"])
