"""Charts as inline SVG: the page's own fonts and colours, text that stays text, a few kilobytes each."""
