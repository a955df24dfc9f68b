package awsapi

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// VirtualDevice is a virtual MFA device that IAM has made.
type VirtualDevice struct {
	Serial string
	Secret string // in base32
}

// CreateVirtualMFADevice makes a virtual MFA device, which is nobody's yet.
func (i *IAM) CreateVirtualMFADevice(ctx context.Context, name string) (made VirtualDevice, err error) {
	err = i.call(ctx, "create the virtual MFA device "+name, func(ctx context.Context, api *iam.Client) error {
		out, err := api.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &name}, func(o *iam.Options) { o.Retryer = retryUndone() })
		if err != nil {
			return err
		}
		if d := out.VirtualMFADevice; d != nil {
			made = VirtualDevice{aws.ToString(d.SerialNumber), string(d.Base32StringSeed)}
		}
		if made.Serial == "" || made.Secret == "" {
			return errors.New("iam answered without one")
		}
		return checkText("serial number", made.Serial, maxSerial)
	})
	if err != nil {
		return VirtualDevice{}, err
	}
	return made, nil
}

// EnableMFADevice gives a device to a user. It takes two codes that follow each other.
func (i *IAM) EnableMFADevice(ctx context.Context, user, serial, first, second string) error {
	return i.call(ctx, "enable MFA device "+serial, func(ctx context.Context, api *iam.Client) error {
		_, err := api.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
			UserName: &user, SerialNumber: &serial, AuthenticationCode1: &first, AuthenticationCode2: &second,
		}, func(o *iam.Options) { o.Retryer = retryUndone() })
		return err
	})
}

// DeleteVirtualMFADevice deletes a virtual MFA device. IAM refuses it for one that a
// user has.
func (i *IAM) DeleteVirtualMFADevice(ctx context.Context, serial string) error {
	return i.call(ctx, "delete MFA device "+serial, func(ctx context.Context, api *iam.Client) error {
		_, err := api.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
		return err
	})
}
