# Warmlane's image: docker build -t warmlane/warmlane:0.2.0 .    docs/image.md says more.
#
# Both by version; a digest pins them for good: --build-arg RUNTIME=eclipse-temurin:25.0.3_9-jre-noble@sha256:...
ARG JDK=eclipse-temurin:25.0.3_9-jdk-noble
ARG RUNTIME=eclipse-temurin:25.0.3_9-jre-noble

# The jar is the same for every platform, so it is built once, on the builder's own.
FROM --platform=$BUILDPLATFORM ${JDK} AS jar
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/root/.m2 ./mvnw -B -q -DskipTests -Dspotless.check.skip package

# The cache is of one platform and one JVM, so it is trained on the very runtime that will use it.
FROM ${RUNTIME} AS trained
COPY src/image/ /image/
COPY --from=jar /build/target/warmlane.jar /tmp/warmlane.jar
RUN /image/build.sh /tmp/warmlane.jar /app
RUN /image/train.sh /app

FROM ${RUNTIME}
LABEL org.opencontainers.image.title="Warmlane" \
      org.opencontainers.image.description="Cache-aware ingress for vLLM" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
# What changes least comes first: an update of Warmlane alone leaves the libraries' layer as it was.
COPY --from=trained /app/lib lib
COPY --from=trained /app/bin bin
COPY --from=trained /app/warmlane.jar ./
COPY --from=trained /app/warmlane.aot /app/warmlane.aot.jvm ./
ENV PATH=/app/bin:$PATH
# Nothing is written but below /tmp, so the root may be read-only.
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["warmlane"]
CMD ["serve"]
