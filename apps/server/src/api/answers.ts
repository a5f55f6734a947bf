import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  RequestMapping,
  RequestMethod,
  UseInterceptors,
} from '@nestjs/common';
import type { Answered, Endpoint } from '@slipway/api';
import { type Call, callOf, setEndpoint } from './call.ts';
import { Gate } from './gate.ts';

type Handler<E extends Endpoint> = (call: Call<E>) => Promise<Answered<E>>;

/** Makes the method what answers the endpoint. It is called only with what is right, and for who may. */
export function Answers<E extends Endpoint>(endpoint: E) {
  return <H extends Handler<E>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<H>,
  ): void => {
    const { method, path, status } = endpoint;
    if (descriptor.value !== undefined) setEndpoint(descriptor.value, endpoint);
    const route = { method: RequestMethod[method], path: path.replace(/\{(\w+)\}/g, ':$1') };
    TheCall()(target, key, 0);
    applyDecorators(RequestMapping(route), HttpCode(status), UseInterceptors(Gate))(
      target,
      key,
      descriptor,
    );
  };
}

const TheCall = createParamDecorator((_: undefined, context: ExecutionContext) =>
  callOf(context.switchToHttp().getRequest()),
);
