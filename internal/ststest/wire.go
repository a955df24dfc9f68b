// The AWS Query protocol of STS and IAM: a form as input, XML as output.

package ststest

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// parameters returns the form of a POST or the query of a GET. An invalid form
// has no parameters.
func parameters(r *http.Request, body []byte) url.Values {
	form := ""
	switch r.Method {
	case http.MethodGet:
		form = r.URL.RawQuery
	case http.MethodPost:
		mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if mediaType == "application/x-www-form-urlencoded" {
			form = string(body)
		}
	}
	values, err := url.ParseQuery(form)
	if err != nil {
		return url.Values{}
	}
	return values
}

// checkOperation refuses an unknown operation before the caller is
// authenticated.
func checkOperation(r *http.Request, params url.Values, op operation) *Fault {
	if r.URL.Path != "/" {
		return &Fault{Status: http.StatusNotFound, Code: "UnknownOperationException",
			Message: "Unknown operation"}
	}
	if !params.Has("Action") {
		return &Fault{Status: http.StatusBadRequest, Code: "MissingAction", Message: "Missing Action"}
	}
	version := params.Get("Version")
	if op.do != nil && version == op.version {
		return nil
	}
	if version == "" {
		version = "NO_VERSION_SPECIFIED"
	}
	return &Fault{
		Status:  http.StatusBadRequest,
		Code:    "InvalidAction",
		Message: fmt.Sprintf("Could not find operation %s for version %s", params.Get("Action"), version),
	}
}

type successXML struct {
	XMLName   xml.Name
	Result    any    // names its own element
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

type errorXML struct {
	XMLName   xml.Name
	Type      string `xml:"Error>Type"`
	Code      string `xml:"Error>Code"`
	Message   string `xml:"Error>Message"`
	RequestID string `xml:"RequestId"`
}

type credentialsXML struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

type assumedRoleUserXML struct {
	AssumedRoleID string `xml:"AssumedRoleId"`
	ARN           string `xml:"Arn"`
}

// answer writes result, or fault if it is not nil. The Date header is that of
// the server's clock, from which clients compute their skew.
func (s *Server) answer(w http.ResponseWriter, action string, result any, fault *Fault) {
	id := newRequestID()
	s.mu.Lock()
	now := s.now()
	s.mu.Unlock()
	header := w.Header()
	header.Set("Date", now.UTC().Format(http.TimeFormat))
	if fault != nil && fault.Foreign != nil {
		for name, value := range fault.Foreign.Header {
			header.Set(name, value)
		}
		w.WriteHeader(fault.Status)
		io.WriteString(w, fault.Foreign.Body)
		return
	}

	status := http.StatusOK
	ns := operationOf(action).xmlns
	var document any
	if fault == nil {
		document = successXML{XMLName: xml.Name{Space: ns, Local: action + "Response"}, Result: result,
			RequestID: id}
	} else {
		status = fault.Status
		kind := "Sender"
		if status >= 500 {
			kind = "Receiver"
		}
		document = errorXML{XMLName: xml.Name{Space: ns, Local: "ErrorResponse"}, Type: kind,
			Code: fault.Code, Message: fault.Message, RequestID: id}
	}
	text, err := xml.MarshalIndent(document, "", "  ")
	if err != nil {
		panic(http.ErrAbortHandler) // not reached: every document consists of strings
	}

	text = append(text, '\n')
	header.Set("Content-Type", "text/xml")
	header.Set("Content-Length", strconv.Itoa(len(text)))
	header.Set("x-amzn-RequestId", id)
	w.WriteHeader(status)
	w.Write(text) // an error means that the client went away
}

func newRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
