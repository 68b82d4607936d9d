import os

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = [os.environ["PORTICO_HOSTNAME"]]
ROOT_URLCONF = "mysite.urls"
