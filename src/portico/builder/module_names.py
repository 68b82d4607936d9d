"""Which package brings a module, where the two names differ."""

from __future__ import annotations

# The longest name that is there counts.
PACKAGES = {
    "Crypto": "pycryptodome",
    "Cryptodome": "pycryptodomex",
    "IPython": "ipython",
    "Levenshtein": "levenshtein",
    "MySQLdb": "mysqlclient",
    "OpenGL": "pyopengl",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "PyPDF2": "pypdf2",
    "PyQt5": "pyqt5",
    "Xlib": "python-xlib",
    "allauth": "django-allauth",
    "attr": "attrs",
    "azure.identity": "azure-identity",
    "azure.keyvault.secrets": "azure-keyvault-secrets",
    "azure.storage.blob": "azure-storage-blob",
    "babel": "babel",
    "bootstrap5": "django-bootstrap5",
    "bs4": "beautifulsoup4",
    "cgi": "legacy-cgi",
    "corsheaders": "django-cors-headers",
    "crispy_bootstrap5": "crispy-bootstrap5",
    "crispy_forms": "django-crispy-forms",
    "cv2": "opencv-python-headless",
    "dash_bootstrap_components": "dash-bootstrap-components",
    "dateutil": "python-dateutil",
    "dbus": "dbus-python",
    "debug_toolbar": "django-debug-toolbar",
    "decouple": "python-decouple",
    "distutils": "setuptools",
    "django_celery_beat": "django-celery-beat",
    "django_extensions": "django-extensions",
    "django_filters": "django-filter",
    "django_htmx": "django-htmx",
    "django_redis": "django-redis",
    "django_tables2": "django-tables2",
    "dns": "dnspython",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "environ": "django-environ",
    "fitz": "pymupdf",
    "flask_caching": "flask-caching",
    "flask_cors": "flask-cors",
    "flask_login": "flask-login",
    "flask_migrate": "flask-migrate",
    "flask_sqlalchemy": "flask-sqlalchemy",
    "git": "gitpython",
    "google.auth": "google-auth",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.storage": "google-cloud-storage",
    "google.generativeai": "google-generativeai",
    "google.protobuf": "protobuf",
    "googleapiclient": "google-api-python-client",
    "graphene_django": "graphene-django",
    "grpc": "grpcio",
    "guardian": "django-guardian",
    "haystack": "django-haystack",
    "igraph": "igraph",
    "import_export": "django-import-export",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "kafka": "kafka-python",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "markdown": "markdown",
    "memcache": "python-memcached",
    "mpl_toolkits": "matplotlib",
    "multipart": "python-multipart",
    "mysql.connector": "mysql-connector-python",
    "ninja": "django-ninja",
    "nacl": "pynacl",
    "odf": "odfpy",
    "osgeo": "gdal",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pyodbc": "pyodbc",
    "pythonjsonlogger": "python-json-logger",
    "pywintypes": "pywin32",
    "rest_framework": "djangorestframework",
    "rest_framework_simplejwt": "djangorestframework-simplejwt",
    "ruamel.yaml": "ruamel.yaml",
    "serial": "pyserial",
    "setuptools": "setuptools",
    "simple_history": "django-simple-history",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "snowflake.connector": "snowflake-connector-python",
    "socketio": "python-socketio",
    "storages": "django-storages",
    "taggit": "django-taggit",
    "telegram": "python-telegram-bot",
    "tlz": "toolz",
    "umap": "umap-learn",
    "usb": "pyusb",
    "widget_tweaks": "django-widget-tweaks",
    "win32api": "pywin32",
    "wx": "wxpython",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
# How a package is added where its name is to stand.
ADDING = {
    "uv.lock": "type `uv add {package}` in the app's folder",
    "poetry.lock": "type `poetry add {package}` in the app's folder",
    "Pipfile.lock": "type `pipenv install {package}` in the app's folder",
    "pylock.toml": "add {package} to what pylock.toml is made from, and make it anew",
    "requirements.txt": "add a line `{package}` to requirements.txt",
    "environment.yml": "add {package} to the dependencies in environment.yml",
    "pyproject.toml": "add {package} to the dependencies in pyproject.toml",
}


def package_of(module: str) -> str:
    """The package that brings a module, by the table or else of the same name."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if known := PACKAGES.get(".".join(parts[:length])):
            return known
    return parts[0].replace("_", "-")


def adding(package: str, form: str) -> str:
    """What to do, in words that go on after a colon."""
    return ADDING.get(form, "add {package} to the app's packages").format(package=package)


def fix(package: str, form: str) -> str:
    """The same as a sentence."""
    told = adding(package, form)
    return f"{told[0].upper()}{told[1:]}."
