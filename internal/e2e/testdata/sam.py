"""Makes the calls of "sam deploy" and "sam delete" as SAM does: with boto3, whose session is given the profile that was named, if one was."""
import argparse

import boto3

parser = argparse.ArgumentParser()
parser.add_argument("command", choices=["deploy", "delete"])
parser.add_argument("--stack-name", required=True)
parser.add_argument("--template-file")
parser.add_argument("--profile")
parser.add_argument("--no-prompts", action="store_true")
args = parser.parse_args()

cloudformation = boto3.Session(profile_name=args.profile).client("cloudformation")
if args.command == "deploy":
    with open(args.template_file) as template:
        cloudformation.create_stack(StackName=args.stack_name, TemplateBody=template.read())
    print(cloudformation.describe_stacks(StackName=args.stack_name)["Stacks"][0]["StackStatus"])
else:
    cloudformation.delete_stack(StackName=args.stack_name)
