// The official Go SDK against the local OSS. It checks CRC-64, corrects its clock, and takes 203 for an error.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

var content = bytes.Repeat([]byte("some bytes that are many "), 12000)

func put(body io.Reader) *oss.PutObjectRequest {
	return &oss.PutObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key), Body: body}
}

func get(client *oss.Client) string {
	result := must(client.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)}))
	defer result.Body.Close()
	return string(must(io.ReadAll(result.Body)))
}

func withCallback(request *oss.PutObjectRequest) *oss.PutObjectRequest {
	request.Callback = callback("/go?x=1", "object=${object}&size=${size}&uid=${x:uid}")
	request.CallbackVar = encode(map[string]string{"x:uid": "a+b/c= ü"})
	return request
}

func expected(size int) string {
	return fmt.Sprintf("object=%s&size=%d&uid=a%%2Bb%%2Fc%%3D%%20%%C3%%BC",
		strings.ReplaceAll(url.QueryEscape(key), "+", "%20"), size)
}

func objects(w way) {
	client := w.client("")

	check(w.name+": put, get, head, delete", func() {
		request := put(strings.NewReader("hello"))
		request.Metadata = map[string]string{"author": "alice"}
		request.Tagging = oss.Ptr("a=1&b=2")
		must(client.PutObject(ctx, request))
		equal("hello", get(client))
		head := must(client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)}))
		equal("alice", head.Metadata["author"])
		must(client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)}))
		equal(false, must(client.IsObjectExist(ctx, bucket, key)))
	})

	check(w.name+": a stream in chunks", func() {
		must(client.PutObject(ctx, put(io.MultiReader(strings.NewReader("one "), strings.NewReader("two")))))
		equal("one two", get(client))
	})

	check(w.name+": append", func() {
		must(client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)}))
		file := must(client.AppendFile(ctx, bucket, key))
		must(file.Write([]byte("one ")))
		must(file.Write([]byte("two")))
		equal(nil, file.Close())
		equal("one two", get(client))
	})

	check(w.name+": a security token", func() {
		token := w.client("", os.Getenv("STS_ID"), os.Getenv("STS_SECRET"), os.Getenv("STS_TOKEN"))
		must(token.PutObject(ctx, put(strings.NewReader("hello"))))
		equal("hello", get(token))
	})

	check(w.name+": a wrong secret, an unknown key", func() {
		_, err := w.client("", os.Getenv("OSS_ID"), "wrong", "").PutObject(ctx, put(strings.NewReader("x")))
		refused("SignatureDoesNotMatch", 403, err)
		_, err = w.client("", "nobody", "wrong", "").PutObject(ctx, put(strings.NewReader("x")))
		refused("InvalidAccessKeyId", 403, err)
	})

	check(w.name+": a clock two hours off, corrected", func() {
		for _, fault := range []string{"clock=7200", "clock=-7200"} {
			must(w.client(fault).PutObject(ctx, put(strings.NewReader("hello"))))
		}
	})
}

func callbacks(w way) {
	client := w.client("")

	check(w.name+": a callback", func() {
		equal(expected(5), received(func() {
			result := must(client.PutObject(ctx, withCallback(put(strings.NewReader("hello")))))
			equal(map[string]any{"Status": "OK"}, result.CallbackResult)
		}))
	})

	check(w.name+": a service that refuses", func() {
		request := put(strings.NewReader("kept"))
		request.Callback = callback("/refuse", "a=1")
		received(func() {
			_, err := client.PutObject(ctx, request)
			refused("CallbackFailed", 203, err)
		})
		equal("kept", get(client))
	})

	check(w.name+": the uploader, in parts", func() {
		path := filepath.Join(os.Getenv("FOLDER"), "go.bin")
		equal(nil, os.WriteFile(path, content, 0o600))
		uploader := client.NewUploader(func(o *oss.UploaderOptions) { o.PartSize = 102400 })
		equal(expected(len(content)), received(func() {
			must(uploader.UploadFile(ctx, withCallback(put(nil)), path))
		}))
		equal(string(content), get(client))
	})

	check(w.name+": presigned", func() {
		signed := must(client.Presign(ctx, withCallback(put(nil))))
		equal(expected(5), received(func() {
			request := must(http.NewRequest(signed.Method, signed.URL, strings.NewReader("hello")))
			for name, value := range signed.SignedHeaders {
				request.Header.Set(name, value)
			}
			answer := must(httpClient("").Do(request))
			equal(200, answer.StatusCode)
			equal(`{"Status":"OK"}`, string(must(io.ReadAll(answer.Body))))
		}))
	})
}

func main() {
	for _, w := range ways() {
		objects(w)
		callbacks(w)
	}
	fmt.Printf("{\"done\":%d}\n", done)
}
