# The image of awsexec for CI and for "awsexec serve": the program alone, on a
# distroless base that has root certificates and a user who is not root.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
ARG TARGETPLATFORM
COPY ${TARGETPLATFORM}/awsexec /usr/bin/awsexec
# No keyring is in a container.
ENV AWSEXEC_KEYSTORE=file
USER 65532:65532
ENTRYPOINT ["/usr/bin/awsexec"]
