#!/usr/bin/env node
// Ends with 0 when the server that listens here, by the same settings, is ready: what a container's health check asks.
import http from 'node:http';
import https from 'node:https';

const { SLIPWAY_PORT: port = '5000', SLIPWAY_TLS_CERT: certificate } = process.env;
const { get } = certificate ? https : http;
const ends = (code) => () => process.exit(code);

// Its certificate is made out for clients, who know it by another name.
get(
  { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, timeout: 4000 },
  (answer) => process.exit(answer.statusCode === 200 ? 0 : 1),
)
  .on('timeout', ends(1))
  .on('error', ends(1));
