# LinkSocks in a container: docker build -t linksocks .
ARG BASE=node:22-alpine
FROM ${BASE} AS build
WORKDIR /source
COPY . .
RUN npx -y pnpm@10 install --frozen-lockfile \
 && npx -y pnpm@10 build \
 && npx -y pnpm@10 --filter linksocks deploy --prod --legacy /app

FROM ${BASE}
COPY --from=build /app /app
RUN ln -s /app/bin/linksocks.js /usr/local/bin/linksocks \
 && install -d -o node -g node -m 700 /var/lib/linksocks
# The default mode is a variable and no command, since a command would take precedence over LINKSOCKS_MODE.
ENV NODE_ENV=production STATE_DIRECTORY=/var/lib/linksocks LINKSOCKS_MODE=server
# The user `node`, by number: Kubernetes cannot tell by a name whether `runAsNonRoot` holds.
USER 1000:1000
VOLUME /var/lib/linksocks
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD nc -z 127.0.0.1 "${LINKSOCKS_HEALTH_PORT:-${LINKSOCKS_WS_PORT:-8765}}"
ENTRYPOINT ["linksocks"]
