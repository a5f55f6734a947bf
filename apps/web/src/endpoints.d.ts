declare module 'virtual:endpoints' {
  const endpoints: Readonly<Record<string, readonly [method: string, path: string] | undefined>>;
  export default endpoints;
}
