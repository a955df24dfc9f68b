// The MFA devices of IAM users.

package ststest

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/xml"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// virtualDevice is a virtual MFA device.
type virtualDevice struct {
	secret  []byte
	account string
	owner   *user // nil until it is enabled
}

type mfaDeviceXML struct {
	UserName     string
	SerialNumber string
	EnableDate   string
}

type listMFADevicesXML struct {
	XMLName     xml.Name       `xml:"ListMFADevicesResult"`
	Devices     []mfaDeviceXML `xml:"MFADevices>member"`
	IsTruncated bool
}

func (s *Server) listMFADevices(c call) (any, *Fault) {
	owner, fault := s.target(c, "ListMFADevices")
	if fault != nil {
		return nil, fault
	}
	serials := owner.OtherMFA
	if owner.MFASerial != "" {
		serials = append([]string{owner.MFASerial}, serials...)
	}
	list := listMFADevicesXML{}
	for _, serial := range serials {
		list.Devices = append(list.Devices, mfaDeviceXML{owner.Name, serial, timestamp(c.now)})
	}
	return list, nil
}

// VirtualDevices returns the virtual MFA devices that were made, and whether each is
// enabled.
func (s *Server) VirtualDevices() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]bool)
	for serial, d := range s.devices {
		all[serial] = d.owner != nil
	}
	return all
}

type createVirtualMFADeviceXML struct {
	XMLName xml.Name `xml:"CreateVirtualMFADeviceResult"`
	Serial  string   `xml:"VirtualMFADevice>SerialNumber"`
	Seed    string   `xml:"VirtualMFADevice>Base32StringSeed"`
}

func (s *Server) createVirtualMFADevice(c call) (any, *Fault) {
	check := checker{params: c.params}
	name := check.text("VirtualMFADeviceName", form{1, 226, `[\w+=,.@-]+`}, true)
	if fault := check.fault(); fault != nil {
		return nil, fault
	}
	owner, fault := s.target(c, "CreateVirtualMFADevice")
	if fault != nil {
		return nil, fault
	}
	a := arn.ARN{Partition: owner.Partition, Service: "iam", AccountID: owner.Account, Resource: "mfa/" + name}
	if a.Partition == "" {
		a.Partition = "aws"
	}
	serial := a.String()
	if s.devices[serial] != nil || s.ownerOf(serial) != nil {
		return nil, &Fault{Status: http.StatusConflict, Code: "EntityAlreadyExists", Message: "MFADevice entity at the same path and name already exists."}
	}
	seed := Marker + randomBase32(64-len(Marker))
	secret, err := base32.StdEncoding.DecodeString(seed)
	if err != nil {
		panic(err) // the marker is base32
	}
	s.devices[serial] = &virtualDevice{secret: secret, account: owner.Account}
	return createVirtualMFADeviceXML{Serial: serial, Seed: base64.StdEncoding.EncodeToString([]byte(seed))}, nil
}

type enableMFADeviceXML struct {
	XMLName xml.Name `xml:"EnableMFADeviceResult"`
}

// enableMFADevice takes two codes that follow each other, the second of which is
// valid now.
func (s *Server) enableMFADevice(c call) (any, *Fault) {
	check := checker{params: c.params}
	check.text("UserName", form{1, 128, `[\w+=,.@-]+`}, true)
	serial := check.text("SerialNumber", form{9, 256, `[\w+=/:,.@-]+`}, true)
	first := check.text("AuthenticationCode1", form{6, 6, `[\d]+`}, true)
	second := check.text("AuthenticationCode2", form{6, 6, `[\d]+`}, true)
	if fault := check.fault(); fault != nil {
		return nil, fault
	}
	owner, fault := s.target(c, "EnableMFADevice")
	if fault != nil {
		return nil, fault
	}
	d := s.devices[serial]
	switch {
	case d == nil || d.account != owner.Account:
		return nil, noSuchEntity("MFA Device with serial number " + serial + " does not exist.")
	case d.owner != nil:
		return nil, &Fault{Status: http.StatusConflict, Code: "EntityAlreadyExists", Message: "MFA Device is already in use."}
	case owner.MFASerial != "": // AWS takes eight; here a user has one
		return nil, &Fault{Status: http.StatusConflict, Code: "LimitExceeded", Message: "Cannot exceed quota for MfaDevicesPerUser: 1"}
	}
	current := c.now.Unix() / totpStep
	for step := current - 1; step <= current+1; step++ {
		if totp(d.secret, step-1) == first && totp(d.secret, step) == second {
			d.owner = owner
			owner.MFASerial, owner.MFASecret = serial, d.secret
			owner.usedSteps[step-1], owner.usedSteps[step] = true, true
			return enableMFADeviceXML{}, nil
		}
	}
	return nil, &Fault{Status: http.StatusForbidden, Code: "InvalidAuthenticationCode", Message: "Authentication code for device is not valid."}
}

type deleteVirtualMFADeviceXML struct {
	XMLName xml.Name `xml:"DeleteVirtualMFADeviceResult"`
}

func (s *Server) deleteVirtualMFADevice(c call) (any, *Fault) {
	check := checker{params: c.params}
	serial := check.text("SerialNumber", form{9, 256, `[\w+=/:,.@-]+`}, true)
	if fault := check.fault(); fault != nil {
		return nil, fault
	}
	owner, fault := s.target(c, "DeleteVirtualMFADevice")
	if fault != nil {
		return nil, fault
	}
	d := s.devices[serial]
	switch {
	case d == nil || d.account != owner.Account:
		return nil, noSuchEntity("VirtualMFADevice with serial number " + serial + " doesn't exist.")
	case d.owner != nil:
		return nil, &Fault{Status: http.StatusConflict, Code: "DeleteConflict", Message: "MFA VirtualDevice in use. Must deactivate first."}
	}
	delete(s.devices, serial)
	return deleteVirtualMFADeviceXML{}, nil
}

// ownerOf returns the user who has had the device since the server began; nil for
// none.
func (s *Server) ownerOf(serial string) *user {
	for _, u := range s.users {
		if u.MFASerial == serial {
			return u
		}
	}
	return nil
}

// randomBase32 returns n random characters of base32.
func randomBase32(n int) string {
	text := ""
	for len(text) < n {
		text += rand.Text()
	}
	return text[:n]
}
