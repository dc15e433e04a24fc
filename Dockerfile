# The image of controller, sidecar and init program. It is built from the directory that `npm run image:context` assembles;
# building needs Docker (or another builder of Dockerfiles) and the network, which assembling does not:
#
#   npm ci && npm run image:context && docker build -t meshctl/meshctl:VERSION build/image

FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# Prebuilt native modules only: no script of a package runs here.
RUN npm ci --omit=dev --ignore-scripts

# What meshctl-init runs, with the libraries each program is linked to.
FROM debian:12-slim AS tools
RUN apt-get update \
  && apt-get install -y --no-install-recommends nftables iptables \
  && mkdir /out \
  && for program in nft iptables-save iptables-restore ip6tables-save ip6tables-restore; do \
       file="$(readlink -f "$(command -v "$program")")"; \
       install -D "$file" "/out$file"; \
       install -d /out/usr/sbin; \
       [ -e "/out/usr/sbin/$program" ] || ln -s "$file" "/out/usr/sbin/$program"; \
       ldd "$file" | awk '/=> \//{print $3}' | while read -r library; do install -D "$library" "/out$library"; done; \
     done \
  && for plugins in /usr/lib/*/xtables; do install -d "/out$plugins" && cp "$plugins"/*.so "/out$plugins/"; done

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=tools /out/ /
COPY --from=modules /usr/local/bin/node /usr/local/bin/node
COPY --from=modules /app/node_modules /app/node_modules
WORKDIR /app
COPY package.json /app/
COPY bin/meshctl-controller.js bin/meshctl-proxy.js bin/meshctl-init.js /app/bin/
COPY dist /app/dist
ENV NODE_ENV=production PATH=/usr/local/bin:/usr/sbin:/usr/bin
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["/app/bin/meshctl-controller.js"]
