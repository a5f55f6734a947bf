export { type Fault, type FaultyProxy, faultyProxy } from './faulty-proxy.ts';
export { type S3Server, startS3Server } from './s3-server.ts';
