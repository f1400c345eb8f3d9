"""A document as one HTML file that needs nothing else: no script, no font, no network."""

from jinja2 import Environment
from markupsafe import Markup

from runners.documents.document import Document

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ sections[0].title }}</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; color: #222;
         max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; display: block; overflow-x: auto }
  th, td { border-bottom: 1px solid #ddd; padding: 0.3rem 0.8rem; text-align: left; vertical-align: top }
  td { font-variant-numeric: tabular-nums }
  svg { max-width: 100%; height: auto }
</style>
</head>
<body>
{% for section in sections %}
<h{{ section.level }}>{{ section.title }}</h{{ section.level }}>
{% for paragraph in section.text %}<p>{{ paragraph }}</p>
{% endfor %}
{% if section.table %}
<table>
<thead><tr>{% for name in section.table.columns %}<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in section.table.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody>
</table>
{% endif %}
{% if section.picture %}<figure>{{ svg(section.picture) }}</figure>{% endif %}
{% endfor %}
</body>
</html>
"""


def to_html(document: Document) -> str:
    """A self-contained page; every text is escaped, pictures stand inline."""
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(PAGE)
    # A picture is markup of our own making, never text from a user.
    return template.render(sections=document, svg=Markup)
