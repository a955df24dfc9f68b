package awsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Judge returns what is wrong with an answer, or nil if it is for the SDK to
// read.
type Judge func(response *http.Response, body []byte) *WireError

// Query judges the answers of the services that speak the AWS Query protocol,
// as STS and IAM do: XML, an error included.
func Query(response *http.Response, body []byte) *WireError {
	if fault := foreign(response, body); fault != nil {
		return fault
	}
	if response.StatusCode/100 != 2 {
		var refusal struct {
			Code string `xml:"Error>Code"`
		}
		if xml.Unmarshal(body, &refusal) != nil || refusal.Code == "" {
			return &WireError{Kind: BadStatus, Status: response.StatusCode}
		}
		return nil
	}
	root, whole := document(body)
	if !whole || !strings.HasSuffix(root, "Response") || root == "ErrorResponse" {
		return &WireError{Kind: Unreadable, Status: response.StatusCode, Empty: len(bytes.TrimSpace(body)) == 0}
	}
	return nil
}

// JSON judges the answers of services that speak JSON. The SDK reads errors, as
// long as they are JSON.
func JSON(response *http.Response, body []byte) *WireError {
	if fault := foreign(response, body); fault != nil {
		return fault
	}
	switch valid := json.Valid(body); {
	case response.StatusCode/100 != 2 && !valid:
		return &WireError{Kind: BadStatus, Status: response.StatusCode}
	case !valid:
		return &WireError{Kind: Unreadable, Status: response.StatusCode, Empty: len(bytes.TrimSpace(body)) == 0}
	}
	return nil
}

// EmptyJSON judges the answers of operations of such services that say no more than that
// they are done: nothing at all.
func EmptyJSON(response *http.Response, body []byte) *WireError {
	fault := JSON(response, body)
	if fault != nil && fault.Empty {
		return nil
	}
	return fault
}

// Container judges the answers of a container's endpoint for credentials: JSON,
// but errors may be a line of text. Source: the SDK's own client of such
// endpoints.
func Container(response *http.Response, body []byte) *WireError {
	fault := JSON(response, body)
	if fault != nil && fault.Kind == BadStatus && strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") && len(bytes.TrimSpace(body)) > 0 {
		return nil
	}
	return fault
}

// Text judges the answers of the instance metadata service: text of any form.
// Its errors are web pages, and their status tells the SDK how to go on.
func Text(response *http.Response, body []byte) *WireError {
	if fault := foreign(response, body); fault != nil && fault.Kind != BadStatus {
		return fault
	}
	return nil
}

// foreign returns a fault for an answer that is not from the service.
func foreign(response *http.Response, body []byte) *WireError {
	status := response.StatusCode
	switch page := isPage(response, body); {
	case status/100 == 3:
		to, err := url.Parse(response.Header.Get("Location"))
		if err != nil {
			to = &url.URL{}
		}
		return &WireError{Kind: Redirected, Status: status, To: to.Hostname()}
	case status == http.StatusProxyAuthRequired:
		return &WireError{Kind: ProxyFailed, Status: status}
	case page && status/100 == 2:
		return &WireError{Kind: WebPage, Status: status}
	case page:
		return &WireError{Kind: BadStatus, Status: status}
	}
	return nil
}

// isPage reports whether an answer is a page for people.
func isPage(response *http.Response, body []byte) bool {
	start := strings.ToLower(string(bytes.TrimSpace(body[:min(len(body), 512)])))
	return strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") ||
		strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// document returns the name of the root element of an XML document, and whether
// the document is whole.
func document(body []byte) (root string, whole bool) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			return root, errors.Is(err, io.EOF) && root != ""
		}
		if start, ok := token.(xml.StartElement); ok && root == "" {
			root = start.Name.Local
		}
	}
}
