"""The machine's processes: held without races, counted, and what they listen on."""
