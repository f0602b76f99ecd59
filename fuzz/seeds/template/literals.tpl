{{/* a comment */ -}}
{{ `raw` }} {{ "\u00e4\n" }} {{ 'x' }} {{ 0x1F }} {{ 1e3 }} {{ -0b11 }} {{ 1_000 }} {{ 3i }} {{ true }} {{ nil | printf "%v" }}