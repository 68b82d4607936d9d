import yaml

yaml.safe_load("")
