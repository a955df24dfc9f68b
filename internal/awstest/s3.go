package awstest

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// S3 stands in for the part of Amazon S3 that Terraform's backend, rclone and restic
// need: buckets by path; putting, getting, listing and deleting objects; and
// PutObject on condition that the object does not exist, which Terraform uses
// as a lock. Source: the Amazon S3 API reference.
//
// Every request must be signed with credentials passed to Allow. Of a body in the
// chunked encoding of S3 only the first signature is checked, not that of each chunk.
type S3 struct {
	server
	known

	// guarded by mu
	buckets map[string]map[string][]byte
	may     func(accessKeyID, action, resource string) bool // nil for everything
}

// maxObject limits an object, in bytes.
const maxObject = 16 << 20

// StartS3 starts a stand-in with empty buckets. The caller must Close it.
func StartS3(buckets ...string) (*S3, error) {
	s := &S3{buckets: make(map[string]map[string][]byte)}
	for _, name := range buckets {
		s.buckets[name] = make(map[string][]byte)
	}
	return s, s.start(s.handle)
}

// Judge lets may decide what those may do whose credentials are allowed: an action,
// such as s3:PutObject, on the ARN of a bucket or an object.
func (s *S3) Judge(may func(accessKeyID, action, resource string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.may = may
}

// actionOf returns the action of a request. Source: "Required permissions for Amazon
// S3 API operations" in the S3 User Guide.
func actionOf(method string, ofObject bool, location bool) string {
	switch {
	case ofObject && method == http.MethodPut:
		return "s3:PutObject"
	case ofObject && method == http.MethodDelete:
		return "s3:DeleteObject"
	case ofObject:
		return "s3:GetObject"
	case location:
		return "s3:GetBucketLocation"
	}
	return "s3:ListBucket"
}

// Object returns a copy of an object.
func (s *S3) Object(bucket, key string) (data []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok = s.buckets[bucket][key]
	return bytes.Clone(data), ok
}

// Put puts an object into a bucket that exists.
func (s *S3) Put(bucket, key string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[bucket][key] = bytes.Clone(data)
}

// s3Error is an error answer of S3.
type s3Error struct {
	XMLName xml.Name `xml:"Error"`
	status  int
	Code    string
	Message string
}

func (s *S3) handle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxObject))
	if err != nil {
		refuse(w, &s3Error{status: http.StatusRequestEntityTooLarge, Code: "EntityTooLarge"})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if refusal := s.authorize(r, body); refusal != nil {
		refuse(w, refusal)
		return
	}
	if isChunked(r) {
		if body, err = unchunked(body); err != nil {
			refuse(w, &s3Error{status: http.StatusBadRequest, Code: "IncompleteBody", Message: err.Error()})
			return
		}
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	bucket, key, _ := strings.Cut(path, "/")
	claim, _ := parseAuthorization(r.Header.Get("Authorization"))
	if action := actionOf(r.Method, key != "", r.URL.Query().Has("location")); s.may != nil && !s.may(claim.keyID, action, "arn:aws:s3:::"+strings.TrimSuffix(path, "/")) {
		refuse(w, &s3Error{status: http.StatusForbidden, Code: "AccessDenied", Message: "no session policy allows the " + action + " action"})
		return
	}
	objects, ok := s.buckets[bucket]
	switch {
	case !ok:
		refuse(w, &s3Error{status: http.StatusNotFound, Code: "NoSuchBucket"})
	case key == "":
		answerBucket(w, r, bucket, objects)
	default:
		answerObject(w, r, key, objects, body)
	}
}

// authorize checks who signed r, and that body is what was signed.
func (s *S3) authorize(r *http.Request, body []byte) *s3Error {
	hash := r.Header.Get("X-Amz-Content-Sha256")
	sum := sha256.Sum256(body)
	err := s.known.authorize(r, "s3", hash)
	switch {
	case errors.Is(err, errUnknownKey):
		return &s3Error{status: http.StatusForbidden, Code: "InvalidAccessKeyId"}
	case errors.Is(err, errExpired):
		return &s3Error{status: http.StatusBadRequest, Code: "ExpiredToken"}
	case errors.Is(err, errBadSignature):
		return &s3Error{status: http.StatusForbidden, Code: "SignatureDoesNotMatch"}
	case err != nil:
		return &s3Error{status: http.StatusForbidden, Code: "AccessDenied", Message: err.Error()}
	case hash != "UNSIGNED-PAYLOAD" && !isChunked(r) && hash != hex.EncodeToString(sum[:]):
		return &s3Error{status: http.StatusBadRequest, Code: "XAmzContentSHA256Mismatch"}
	}
	return nil
}

func isChunked(r *http.Request) bool {
	return r.Header.Get("X-Amz-Content-Sha256") == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
}

// unchunked returns the content of a body in the chunked encoding of S3: chunks of
// SIZE;chunk-signature=…, a line break, the bytes and a line break, the last of size 0.
func unchunked(body []byte) (content []byte, err error) {
	for {
		head, rest, _ := bytes.Cut(body, []byte("\r\n"))
		size, _, signed := strings.Cut(string(head), ";chunk-signature=")
		n, err := strconv.ParseUint(size, 16, 31)
		if err != nil || !signed || uint64(len(rest)) < n {
			return nil, errors.New("not a body of signed chunks")
		}
		if n == 0 {
			return content, nil
		}
		content = append(content, rest[:n]...)
		body = bytes.TrimPrefix(rest[n:], []byte("\r\n"))
	}
}

// modified is when every object was put.
var modified = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// answerBucket answers HeadBucket, GetBucketLocation and both versions of
// ListObjects.
func answerBucket(w http.ResponseWriter, r *http.Request, bucket string, objects map[string][]byte) {
	type content struct {
		Key          string
		Size         int
		ETag         string
		LastModified string
	}
	type commonPrefix struct{ Prefix string }
	query := r.URL.Query()
	list := struct {
		XMLName        xml.Name `xml:"ListBucketResult"`
		Name           string
		Prefix         string
		KeyCount       int
		MaxKeys        int
		IsTruncated    bool
		Contents       []content
		CommonPrefixes []commonPrefix
	}{Name: bucket, Prefix: query.Get("prefix"), MaxKeys: 1000}
	switch {
	case r.Method == http.MethodHead:
		return
	case r.Method != http.MethodGet:
		refuse(w, &s3Error{status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed"})
		return
	case query.Has("location"):
		answerXML(w, http.StatusOK, struct {
			XMLName xml.Name `xml:"LocationConstraint"`
			Region  string   `xml:",chardata"`
		}{Region: "eu-west-1"})
		return
	}
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		rest, within := strings.CutPrefix(key, list.Prefix)
		if !within {
			continue
		}
		if delimiter := query.Get("delimiter"); delimiter != "" {
			if directory, _, ok := strings.Cut(rest, delimiter); ok {
				common := commonPrefix{list.Prefix + directory + delimiter}
				if !slices.Contains(list.CommonPrefixes, common) {
					list.CommonPrefixes = append(list.CommonPrefixes, common)
				}
				continue
			}
		}
		list.Contents = append(list.Contents, content{key, len(objects[key]), etag(objects[key]), modified.Format(time.RFC3339)})
	}
	list.KeyCount = len(list.Contents) + len(list.CommonPrefixes)
	answerXML(w, http.StatusOK, list)
}

// answerObject answers GetObject, HeadObject, PutObject and DeleteObject.
func answerObject(w http.ResponseWriter, r *http.Request, key string, objects map[string][]byte, body []byte) {
	data, exists := objects[key]
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if !exists {
			refuse(w, &s3Error{status: http.StatusNotFound, Code: "NoSuchKey"})
			return
		}
		w.Header().Set("ETag", etag(data))
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, r, "", modified, bytes.NewReader(data)) // knows HEAD and Range
	case http.MethodPut:
		if exists && r.Header.Get("If-None-Match") == "*" {
			refuse(w, &s3Error{status: http.StatusPreconditionFailed, Code: "PreconditionFailed",
				Message: "At least one of the pre-conditions you specified did not hold"})
			return
		}
		objects[key] = body
		w.Header().Set("ETag", etag(body))
	case http.MethodDelete:
		delete(objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		refuse(w, &s3Error{status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed"})
	}
}

func etag(data []byte) string { return fmt.Sprintf(`"%x"`, md5.Sum(data)) }

func refuse(w http.ResponseWriter, e *s3Error) { answerXML(w, e.status, e) }

func answerXML(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(v) // an error means that the client went away
}
