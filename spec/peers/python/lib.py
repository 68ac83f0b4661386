"""What the scripts share: clients of the local OSS, checks, and what the callback service received."""
import base64
import json
import os
import traceback
import urllib3.util.connection

import alibabacloud_oss_v2 as oss

env = os.environ
bucket = "examplebucket"
key = "python/a b+c&d=ü#?.txt"
address = ("127.0.0.1", int(env["OSS_PORT"]))
_connect = urllib3.util.connection.create_connection

# Whatever the host is called, it is the local OSS that is reached.
urllib3.util.connection.create_connection = lambda host, *rest, **named: _connect(address, *rest, **named)

styles = {
    "real host": {"endpoint": "http://oss-cn-hangzhou.aliyuncs.com"},
    "IP": {"endpoint": "http://127.0.0.1:%d" % address[1]},
    "path style": {"endpoint": "http://localhost:%d" % address[1], "use_path_style": True},
}


def client(credentials=None, **options):
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        *(credentials or (env["OSS_ID"], env["OSS_SECRET"])))
    config.region = "cn-hangzhou"
    for name, value in {**styles["real host"], **options}.items():
        setattr(config, name, value)
    return oss.Client(config)


path = os.path.join(env["FOLDER"], "python.bin")
content = bytes(range(256)) * 1000
with open(path, "wb") as file:
    file.write(content)


def put(**more):
    return oss.PutObjectRequest(**{"bucket": bucket, "key": key, "body": b"hello", **more})


def get(oss_client):
    return oss_client.get_object(oss.GetObjectRequest(bucket=bucket, key=key)).body.read()


def ways():
    """Both signatures in every style: a name, and options of `client`."""
    for version in ("v1", "v4"):
        for style, options in styles.items():
            yield "%s, %s" % (version.upper(), style), {"signature_version": version, **options}


checks = []


def check(name):
    def declare(body):
        checks.append((name, body))
    return declare


def run():
    for name, body in checks:
        try:
            body()
            line = {"name": name, "ok": True}
        except Exception:  # whatever it is, it is reported
            line = {"name": name, "detail": traceback.format_exc()}
        print(json.dumps(line))
    print(json.dumps({"done": len(checks)}))


def equal(wanted, got):
    assert wanted == got, "wanted %r, got %r" % (wanted, got)


def refused(code, status, action):
    try:
        action()
    except oss.exceptions.OperationError as error:
        inner = error.unwrap()
        assert isinstance(inner, oss.exceptions.ServiceError), repr(inner)
        equal((code, status), (inner.code, inner.status_code))
        return inner
    raise AssertionError("not refused: " + code)


def callback(path="", body="object=${object}&size=${size}&uid=${x:uid}", **more):
    text = json.dumps({"callbackUrl": env["SERVICE_URL"] + path, "callbackBody": body, **more})
    return base64.b64encode(text.encode()).decode()


def variables(**values):
    text = json.dumps({"x:" + name: value for name, value in values.items()})
    return base64.b64encode(text.encode()).decode()


def received(action):
    """The result, and the body of the one callback there must have been, with a signature that holds."""
    with open(env["SERVICE_LOG"], encoding="utf-8") as log:
        log.seek(0, os.SEEK_END)
        result = action()
        lines = log.read().splitlines()
    equal(3, len(lines))
    equal("  verified: yes", lines[2])
    return result, lines[1].replace("  service received: ", "", 1)
