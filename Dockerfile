# Images of Crucible. Targets: migrate (one-shot), api, worker (CPU), worker-gpu (NVIDIA).

FROM node:22-bookworm AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ libdnnl-dev openssl \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
RUN node scripts/crucible.mjs build

# Prisma's command line and its engine are needed once per release only, so they stay out of the services' images.
FROM build AS migrate
CMD ["npx", "prisma", "migrate", "deploy"]

FROM build AS production
RUN npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim AS services
RUN apt-get update \
  && apt-get install -y --no-install-recommends openssl libdnnl2 libgomp1 dataset-fashion-mnist \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=production /app /app
USER node

FROM services AS api
ENV CRUCIBLE_HOST=0.0.0.0 CRUCIBLE_PORT=8080 CRUCIBLE_DASHBOARD_DIR=/app/apps/dashboard/dist
EXPOSE 8080
CMD ["node", "apps/api/dist/main.js"]

FROM services AS worker
ENV CRUCIBLE_DATA_DIR=/usr/share/datasets CRUCIBLE_STATE_DIR=/var/lib/crucible
USER root
RUN mkdir -p /var/lib/crucible && chown node:node /var/lib/crucible
USER node
CMD ["node", "apps/worker/dist/main.js"]

# TensorFlow's GPU library wants CUDA 11 and cuDNN 8; the driver comes from the host. WebGPU wants the Vulkan loader and
# the driver's graphics part; where neither starts, the native engine wants oneDNN and OpenMP.
FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04 AS worker-gpu
RUN apt-get update \
  && apt-get install -y --no-install-recommends libvulkan1 libdnnl2 libgomp1 \
  && rm -rf /var/lib/apt/lists/*
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics
COPY --from=services /usr/local/bin/node /usr/local/bin/node
COPY --from=services /usr/share/datasets /usr/share/datasets
COPY --from=production /app /app
ENV NODE_ENV=production CRUCIBLE_DATA_DIR=/usr/share/datasets CRUCIBLE_STATE_DIR=/var/lib/crucible
WORKDIR /app
RUN useradd --create-home --uid 1000 node && mkdir -p /var/lib/crucible && chown node:node /var/lib/crucible
USER node
CMD ["node", "apps/worker/dist/main.js"]
