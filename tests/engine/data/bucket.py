"""A bucket in this process: moto behind a web server that counts what is read."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

BUCKET = "bars"


@dataclass
class CountingBucket:
    """Requests by method and key, and the bytes that left for each key."""

    options: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)

    def put(self, source: Path, prefix: str = "") -> str:
        """Upload a folder and give its address."""
        client = boto3.client(
            "s3",
            endpoint_url=self.options["aws_endpoint_url"],
            region_name=self.options["aws_region"],
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )
        client.create_bucket(Bucket=BUCKET)
        for file in sorted(path for path in source.rglob("*") if path.is_file()):
            key = f"{prefix}{file.relative_to(source).as_posix()}"
            client.upload_file(str(file), BUCKET, key)
        self.forget()
        return f"s3://{BUCKET}/{prefix}".rstrip("/")

    def forget(self) -> None:
        """Count from here on."""
        self.asked.clear()
        self.sent.clear()

    def keys(self) -> set[str]:
        """Every object of which bytes were read."""
        return {key for key, size in self.sent.items() if size and key.endswith(".parquet")}

    def wrap(self, app):
        """The app, with each answer's bytes counted."""

        def counting(environ, start_response):
            method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
            key = path.removeprefix(f"/{BUCKET}/")
            self.asked.append((method, key))
            for chunk in app(environ, start_response):
                if method == "GET":
                    self.sent[key] = self.sent.get(key, 0) + len(chunk)
                yield chunk

        return counting


def serve(counting: CountingBucket):
    """Start the server on a free port and say how it is reached."""
    app = counting.wrap(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    counting.options = {
        "aws_endpoint_url": f"http://127.0.0.1:{server.port}",
        "aws_access_key_id": "key",
        "aws_secret_access_key": "secret",
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
    }
    return server
