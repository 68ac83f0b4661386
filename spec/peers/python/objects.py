"""Objects, by the official Python SDK, which checks every CRC-64."""
from lib import bucket, check, client, content, env, equal, get, key, oss, path, put, refused, run, ways


def all_of(way, options):
    connect = client(**options)

    @check(way + ": put, get, head, delete")
    def _():
        result = connect.put_object(put(metadata={"author": "alice"}, tagging="a=1&b=2", acl="private"))
        equal((200, '"5D41402ABC4B2A76B9719D911017C592"'), (result.status_code, result.etag))
        equal(b"hello", get(connect))
        head = connect.head_object(oss.HeadObjectRequest(bucket=bucket, key=key))
        equal((5, "alice", 2), (head.content_length, head.metadata["author"], head.tagging_count))
        equal(204, connect.delete_object(oss.DeleteObjectRequest(bucket=bucket, key=key)).status_code)
        equal(False, connect.is_object_exist(bucket, key))
        refused("NoSuchKey", 404, lambda: connect.head_object(oss.HeadObjectRequest(bucket=bucket, key=key)))

    @check(way + ": a file there and back")
    def _():
        connect.put_object_from_file(put(), path)
        wanted = oss.GetObjectRequest(bucket=bucket, key=key)
        connect.get_object_to_file(wanted, path + ".back")
        connect.downloader(part_size=100000).download_file(wanted, path + ".parts")
        for name in (path + ".back", path + ".parts"):
            with open(name, "rb") as back:
                assert back.read() == content

    @check(way + ": an iterator, in chunks")
    def _():
        connect.put_object(put(body=iter([b"one ", b"two"])))
        equal(b"one two", get(connect))

    @check(way + ": append")
    def _():
        connect.delete_object(oss.DeleteObjectRequest(bucket=bucket, key=key))
        with connect.append_file(bucket, key) as appended:
            appended.write(b"one ")
            appended.write(b"two")
        equal(b"one two", get(connect))

    @check(way + ": a wrong secret, an unknown key")
    def _():
        wrong = client((env["OSS_ID"], "wrong"), **options)
        refused("SignatureDoesNotMatch", 403, lambda: wrong.put_object(put()))
        refused("SignatureDoesNotMatch", 403, lambda: wrong.head_object(oss.HeadObjectRequest(bucket=bucket, key=key)))
        refused("InvalidAccessKeyId", 403, lambda: client(("nobody", "x"), **options).put_object(put()))

    @check(way + ": a clock two hours off")
    def _():
        skewed = client(**options, retry_max_attempts=1, default_request_headers={"x-emulator-fault": "clock=7200"})
        refused("RequestTimeTooSkewed", 403, lambda: skewed.put_object(put()))

    # Signed with V1 this SDK sends the token under a name that OSS does not document.
    if options["signature_version"] == "v4":
        @check(way + ": a security token, additional headers")
        def _():
            token = client((env["STS_ID"], env["STS_SECRET"], env["STS_TOKEN"]),
                           additional_headers=["host", "content-length", "cache-control"], **options)
            equal(200, token.put_object(put(cache_control="no-store")).status_code)
            equal(b"hello", get(token))


for each in ways():
    all_of(*each)

run()
