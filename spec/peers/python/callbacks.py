"""Uploads with callbacks, whole and in parts, by the official Python SDK."""
import json
import urllib.parse

from lib import (bucket, callback, check, client, content, equal, get, key, oss, path, put, received, run, variables,
                 ways)


def all_of(way, options):
    connect = client(**options)

    @check(way + ": a callback")
    def _():
        result, body = received(lambda: connect.put_object(put(
            callback=callback("/python?x=1"), callback_var=variables(uid="a+b/c= ü"))))
        equal({"Status": "OK"}, json.loads(result.callback_result))
        equal([("object", key), ("size", "5"), ("uid", "a+b/c= ü")], urllib.parse.parse_qsl(body))

    @check(way + ": a callback in JSON")
    def _():
        text = '{"object":${object},"size":${size},"uid":${x:uid}}'
        _, body = received(lambda: connect.put_object(put(
            callback=callback(body=text, callbackBodyType="application/json", callbackSNI=False),
            callback_var=variables(uid='"\\\n'))))
        equal({"object": key, "size": 5, "uid": '"\\\n'}, json.loads(body))

    @check(way + ": a service that refuses")
    def _():
        # This SDK takes 203 for a success and shows the error as the service's answer.
        result, _ = received(lambda: connect.put_object(put(callback=callback("/refuse", body="a=1"))))
        equal(203, result.status_code)
        assert "<Code>CallbackFailed</Code>" in result.callback_result
        equal(b"hello", get(connect))

    @check(way + ": parts with a callback")
    def _():
        named = {"bucket": bucket, "key": key}
        begun = connect.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(**named))
        parts = []
        for number in (1, 2, 3):
            piece = content[(number - 1) * 102400:number * 102400]
            part = connect.upload_part(oss.UploadPartRequest(
                **named, part_number=number, upload_id=begun.upload_id, body=piece))
            parts.append(oss.UploadPart(part_number=number, etag=part.etag))
        listed = connect.list_parts(oss.ListPartsRequest(**named, upload_id=begun.upload_id, max_parts=2))
        equal((key, [1, 2], True), (listed.key, [part.part_number for part in listed.parts], listed.is_truncated))
        result, body = received(lambda: connect.complete_multipart_upload(oss.CompleteMultipartUploadRequest(
            **named, upload_id=begun.upload_id, callback=callback(), callback_var=variables(uid="7"),
            complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts))))
        equal({"Status": "OK"}, json.loads(result.callback_result))
        equal([("object", key), ("size", "256000"), ("uid", "7")], urllib.parse.parse_qsl(body))
        assert get(connect) == content

    @check(way + ": the uploader")
    def _():
        result = connect.uploader(part_size=102400, parallel_num=3).upload_file(
            oss.PutObjectRequest(bucket=bucket, key=key), path)
        head = connect.head_object(oss.HeadObjectRequest(bucket=bucket, key=key))
        equal((200, head.hash_crc64), (result.status_code, str(result.hash_crc64)))
        assert get(connect) == content


for each in ways():
    all_of(*each)

run()
