"""Opens the HTML of each mail in headless Chromium, takes screenshots and measures it. See scripts/message-pages."""

import email
import email.policy
import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

# Runs in the sheet: every frame's width, and the contrast of each run of words with what is behind it.
MEASURE = r"""
function parts(colour) { return colour.match(/[\d.]+/g).map(Number); }
function luminance(c) {
  const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ground(element) {
  for (; element; element = element.parentElement) {
    const colour = parts(element.ownerDocument.defaultView.getComputedStyle(element).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour.slice(0, 3);
  }
  return null;
}
window.onload = () => {
  const found = [];
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, view = frame.contentWindow;
    if (page.documentElement.scrollWidth > frame.clientWidth)
      found.push(`${frame.title}: ${page.documentElement.scrollWidth} px wide`);
    const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
    let least = 21, words = 0;
    while (walker.nextNode()) {
      const node = walker.currentNode, style = view.getComputedStyle(node.parentElement);
      if (!node.data.trim() || !node.parentElement.getClientRects().length) continue;
      if (node.parentElement.closest("[style*='display:none']")) continue;
      const behind = ground(node.parentElement);
      if (!behind) { found.push(`${frame.title}: no ground`); continue; }
      const [a, b] = [luminance(parts(style.color).slice(0, 3)), luminance(behind)].sort((x, y) => y - x);
      const contrast = (a + 0.05) / (b + 0.05);
      least = Math.min(least, contrast);
      ++words;
      if (contrast < 4.5) found.push(`${frame.title}: contrast ${contrast.toFixed(2)}: ${node.data.trim().slice(0, 40)}`);
    }
    if (!words) found.push(`${frame.title}: no words`);
    frame.dataset.least = least.toFixed(2);
  }
  document.body.dataset.found = JSON.stringify(found);
};
"""


def html_of(path):
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return mail.get_body(("html",)).get_content()


def sheet(mails, width, height):
    frames = "".join(
        '<iframe title="%s" style="border:0;width:%dpx;height:%dpx" srcdoc="%s"></iframe>'
        % (path.stem, width, height, html.escape(html_of(path), quote=True)) for path in mails)
    return ('<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><script>%s</script>'
            '<body style="margin:0;display:flex;flex-wrap:wrap;gap:8px;background:#777">%s</body>' % (MEASURE, frames))


def run(chromium, profile, scheme, page, window, more):
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               "--user-data-dir=%s/data" % profile, "--window-size=%d,%d" % window,
               # 0 is dark, 1 is light.
               "--blink-settings=preferredColorScheme=%d" % (0 if scheme == "dark" else 1), *more, "file://%s" % page]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout


def main():
    folder, chromium = pathlib.Path(sys.argv[1]), sys.argv[2]
    mails = sorted((folder / "matrix").glob("*.eml"))
    faults = []
    with tempfile.TemporaryDirectory() as profile:
        page = pathlib.Path(profile) / "sheet.html"
        for width, across in ((360, 6), (1200, 3)):
            for scheme in ("light", "dark"):
                page.write_text(sheet(mails, width, 900), "utf-8")
                dom = run(chromium, profile, scheme, page, (across * (width + 8), 900),
                          ["--virtual-time-budget=5000", "--dump-dom"])
                found = re.search(r'data-found="([^"]*)"', dom)
                if not found or len(re.findall(r'data-least="', dom)) != len(mails):
                    faults.append("%d %s: not measured" % (width, scheme))
                else:
                    faults += ["%d %s %s" % (width, scheme, one) for one in json.loads(html.unescape(found.group(1)))]
                    print(width, scheme, "least contrast", min(re.findall(r'data-least="([\d.]+)"', dom), key=float))
                if "--measure-only" in sys.argv[3:]:
                    continue
                for start in range(0, len(mails), across * 2 if width == 360 else across):
                    some = mails[start:start + (across * 2 if width == 360 else across)]
                    height = 900
                    page.write_text(sheet(some, width, height), "utf-8")
                    rows = (len(some) + across - 1) // across
                    run(chromium, profile, scheme, page, (across * (width + 8), rows * (height + 8)),
                        ["--screenshot=%s/%d-%s-%02d.png" % (folder, width, scheme, start)])
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults or not mails else 0


sys.exit(main())
