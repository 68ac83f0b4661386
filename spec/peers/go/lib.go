// Clients of the local OSS, checks, and what the callback service received.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

const bucket = "examplebucket"
const key = "go/a b+c&d=ü#?.txt"

var ctx = context.Background()

// Whatever the host is called, it is the local OSS that is reached. Each request may carry a fault.
type transport struct {
	base  *http.Transport
	fault string
}

func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if t.fault != "" {
		request.Header.Set("x-emulator-fault", t.fault)
	}
	return t.base.RoundTrip(request)
}

var base = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp4", "127.0.0.1:"+os.Getenv("OSS_PORT"))
}}

func httpClient(fault string) *http.Client {
	return &http.Client{Transport: &transport{base, fault}}
}

type way struct {
	name      string
	version   oss.SignatureVersionType
	endpoint  string
	pathStyle bool
}

func ways() (all []way) {
	port := os.Getenv("OSS_PORT")
	versions := map[string]oss.SignatureVersionType{"V1, ": oss.SignatureVersionV1, "V4, ": oss.SignatureVersionV4}
	for name, version := range versions {
		all = append(all, way{name + "real host", version, "http://oss-cn-hangzhou.aliyuncs.com", false},
			way{name + "IP", version, "http://127.0.0.1:" + port, false},
			way{name + "path style", version, "http://localhost:" + port, true})
	}
	return all
}

func (w way) client(fault string, keys ...string) *oss.Client {
	if len(keys) == 0 {
		keys = []string{os.Getenv("OSS_ID"), os.Getenv("OSS_SECRET"), ""}
	}
	return oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(w.endpoint).
		WithUsePathStyle(w.pathStyle).WithSignatureVersion(w.version).WithHttpClient(httpClient(fault)).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(keys[0], keys[1], keys[2])))
}

// ---- checks

var done int

// A check ends with the first thing that is not as it should be.
type failure string

func check(name string, body func()) {
	line := map[string]any{"name": name, "ok": true}
	func() {
		defer func() {
			if reason := recover(); reason != nil {
				line = map[string]any{"name": name, "detail": fmt.Sprint(reason)}
			}
		}()
		body()
	}()
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
	done++
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func equal(wanted, got any) {
	if !reflect.DeepEqual(wanted, got) {
		panic(failure(fmt.Sprintf("wanted %#v, got %#v", wanted, got)))
	}
}

func refused(code string, status int, err error) {
	var service *oss.ServiceError
	if !errors.As(err, &service) {
		panic(failure(fmt.Sprintf("not refused with %s: %v", code, err)))
	}
	equal(code, service.Code)
	equal(status, service.StatusCode)
}

// ---- callbacks

func encode(value any) *string {
	return oss.Ptr(base64.StdEncoding.EncodeToString(must(json.Marshal(value))))
}

func callback(path, body string) *string {
	return encode(map[string]string{"callbackUrl": os.Getenv("SERVICE_URL") + path, "callbackBody": body})
}

// The body of the one callback there must have been, with a signature that holds.
func received(action func()) string {
	before := len(must(os.ReadFile(os.Getenv("SERVICE_LOG"))))
	action()
	lines := strings.Split(string(must(os.ReadFile(os.Getenv("SERVICE_LOG")))[before:]), "\n")
	equal(4, len(lines))
	equal("  verified: yes", lines[2])
	return strings.TrimPrefix(lines[1], "  service received: ")
}
