import { z } from 'zod';

/** What somebody asks for with `network create`. */
export const networkWish = z.object({
  name: z.string(),
  subnets: z.array(z.string()).default([]),
  gateways: z.array(z.string()).default([]),
  internal: z.boolean().default(false),
  ipv6: z.boolean().default(false),
  labels: z.record(z.string(), z.string()).default({}),
});

export type NetworkWish = z.infer<typeof networkWish>;

/** A network as it stands in `networks.json`; its bridge is there while a container is in it. */
export const networkRecord = z.object({
  id: z.string(),
  name: z.string(),
  created: z.string(),
  subnet: z.string(),
  gateway: z.string(),
  subnet6: z.string().optional(),
  gateway6: z.string().optional(),
  internal: z.boolean(),
  labels: z.record(z.string(), z.string()),
});

export type NetworkRecord = z.infer<typeof networkRecord>;

const transport = z.enum(['tcp', 'udp']);
const port = z.number().int().min(1).max(65_535);

export const publication = z.object({
  protocol: transport,
  hostAddress: z.string().optional(),
  hostPorts: z.array(port),
  containerPort: port,
});

/** That a container is in a network whenever it runs. */
export const membership = z.object({
  network: z.string(),
  aliases: z.array(z.string()),
  /** Addresses that it must have; otherwise any. */
  address: z.string().optional(),
  address6: z.string().optional(),
});

export type Membership = z.infer<typeof membership>;

const attachedEndpoint = z.object({
  network: z.string(),
  device: z.string(),
  address: z.string(),
  address6: z.string().optional(),
});

export type AttachedEndpoint = z.infer<typeof attachedEndpoint>;

/** What of networks a container has while it runs; written down before any of it is made. */
export const attachment = z.object({
  endpoints: z.array(attachedEndpoint),
  ports: z.array(
    z.object({
      protocol: transport,
      hostAddress: z.string().optional(),
      hostPort: port,
      containerPort: port,
    }),
  ),
});

export type Attachment = z.infer<typeof attachment>;
