// The MFA devices of IAM users.

package ststest

import "encoding/xml"

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
