import os

from flask import Flask, render_template, request

app = Flask(__name__)


@app.get("/")
def hello():
    name = request.args.get("name", "world")
    return render_template(
        "hello.html", name=name, release=os.environ.get("PORTICO_RELEASE", "here")
    )


@app.get("/healthz")
def healthy():
    return {"ok": True}
