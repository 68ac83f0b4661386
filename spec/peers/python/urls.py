"""Presigned URLs made by the official Python SDK, used by something that knows nothing of OSS."""
import urllib.parse

import requests

from lib import bucket, callback, check, client, env, equal, key, oss, put, received, run, variables, ways


def all_of(way, options):
    connect = client(**options)

    @check(way + ": with a callback in signed headers")
    def _():
        signed = connect.presign(put(body=None, callback=callback(), callback_var=variables(uid="1"),
                                     content_type="text/x-own"))
        answer, body = received(lambda: requests.put(signed.url, data=b"hello", headers=signed.signed_headers))
        equal((200, {"Status": "OK"}), (answer.status_code, answer.json()))
        equal([("object", key), ("size", "5"), ("uid", "1")], urllib.parse.parse_qsl(body))
        fetched = requests.get(connect.presign(oss.GetObjectRequest(bucket=bucket, key=key)).url)
        equal((200, b"hello"), (fetched.status_code, fetched.content))
        other = requests.put(signed.url, data=b"hello", headers={**signed.signed_headers, "content-type": "text/plain"})
        equal(403, other.status_code)

    @check(way + ": with a callback in the query")
    def _():
        signed = connect.presign(put(body=None, parameters={
            "callback": callback(), "callback-var": variables(uid="1")}))
        answer, body = received(lambda: requests.put(signed.url, data=b"hello", headers=signed.signed_headers))
        equal((200, {"Status": "OK"}), (answer.status_code, answer.json()))
        equal([("object", key), ("size", "5"), ("uid", "1")], urllib.parse.parse_qsl(body))

    @check(way + ": a security token in a URL")
    def _():
        token = client((env["STS_ID"], env["STS_SECRET"], env["STS_TOKEN"]), **options)
        signed = token.presign(put(body=None))
        equal(200, requests.put(signed.url, data=b"hello", headers=signed.signed_headers).status_code)


for each in ways():
    all_of(*each)

run()
