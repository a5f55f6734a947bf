import { Controller, Inject } from '@nestjs/common';
import { BASE, examine } from '@slipway/api';
import { Doctor } from '../doctor/doctor.ts';
import { Answers } from './answers.ts';

@Controller(BASE)
export class DoctorController {
  readonly #doctor: Doctor;

  constructor(@Inject(Doctor) doctor: Doctor) {
    this.#doctor = doctor;
  }

  @Answers(examine)
  async examine() {
    return { items: await this.#doctor.examine() };
  }
}
