# Stint on any system that has Docker:
#   docker build -t stint . && docker run --rm -it -v "$PWD:/stint" stint make demo
FROM debian:13-slim

RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git make

# The tree's own set-up decides what is needed.
COPY tools/setup.sh /opt/stint/tools/setup.sh
COPY tools/setup /opt/stint/tools/setup
RUN /opt/stint/tools/setup.sh setup && git config --system --add safe.directory /stint

WORKDIR /stint
CMD ["make", "demo"]
