/* The tables of CRC-64/XZ (polynomial 0x42f0e1eba9ea3693, reflected), for
 * eight bytes a step.
 *
 * Entry i of table k is the CRC of byte i with k zero bytes behind it. That
 * is linear in the bits of i, so the eight entries for single bits stand
 * here and the preprocessor makes the other 248 of each table from them. */
#ifndef LOS_CRC64_TABLE_H
#define LOS_CRC64_TABLE_H

/* The entries 1, 2, 4, 8, 16, 32, 64, 128 of each table. */
#define LOS_CRC64_TABLE_0(X)                                                  \
    X(0xb32e4cbe03a75f6f, 0xf4843657a840a05b, 0x7bd0c384ff8f5e33,             \
      0xf7a18709ff1ebc66, 0x7d9ba13851336649, 0xfb374270a266cc92,             \
      0x64b62bcaebc387a1, 0xc96c5795d7870f42)
#define LOS_CRC64_TABLE_1(X)                                                  \
    X(0x54e979925cd0f10d, 0xa9d2f324b9a1e21a, 0xc17d4962dc4ddab1,             \
      0x10223dee1795abe7, 0x20447bdc2f2b57ce, 0x4088f7b85e56af9c,             \
      0x8111ef70bcad5f38, 0x90fb71cad654a0f5)
#define LOS_CRC64_TABLE_2(X)                                                  \
    X(0x3f0be14a916a6dcb, 0x7e17c29522d4db96, 0xfc2f852a45a9b72c,             \
      0x6a87a57f245d70dd, 0xd50f4afe48bae1ba, 0x38c63ad73e7bddf1,             \
      0x718c75ae7cf7bbe2, 0xe318eb5cf9ef77c4)
#define LOS_CRC64_TABLE_3(X)                                                  \
    X(0x1dee8a5e222ca1dc, 0x3bdd14bc445943b8, 0x77ba297888b28770,             \
      0xef7452f111650ee0, 0x4c300ac98dc40345, 0x986015931b88068a,             \
      0xa218840d981e1391, 0xd6e9a7309f3239a7)
#define LOS_CRC64_TABLE_4(X)                                                  \
    X(0x5c2d776033c4205e, 0xb85aeec0678840bc, 0xe26d72ab601e9ffd,             \
      0x56024a7d6f33217f, 0xac0494fade6642fe, 0xcad186de13c29b79,             \
      0x077ba297888b2877, 0x0ef7452f111650ee)
#define LOS_CRC64_TABLE_5(X)                                                  \
    X(0x6184d55f721267c6, 0xc309aabee424cf8c, 0x14cbfa566747819d,             \
      0x2997f4acce8f033a, 0x532fe9599d1e0674, 0xa65fd2b33a3c0ce8,             \
      0xde670a4ddb760755, 0x2e16bbb019e2102f)
#define LOS_CRC64_TABLE_6(X)                                                  \
    X(0x22ef0d5934f964ec, 0x45de1ab269f2c9d8, 0x8bbc3564d3e593b0,             \
      0x85a0c5e208c539e5, 0x999924efbe846d4f, 0xa1eae6f4d206c41b,             \
      0xd10d62c20b0396b3, 0x30c26aafb90933e3)
#define LOS_CRC64_TABLE_7(X)                                                  \
    X(0xdabe95afc7875f40, 0x27a584742000a005, 0x4f4b08e84001400a,             \
      0x9e9611d080028014, 0xaff48c8aaf0b1ead, 0xcd31b63ef11823df,             \
      0x08bbc3564d3e593b, 0x117786ac9a7cb276)

#define LOS_CRC64_1(i, a, b, c, d, e, f, g, h)                                \
    ((i)&1 ? a##u : 0) ^ ((i)&2 ? b##u : 0) ^ ((i)&4 ? c##u : 0)              \
        ^ ((i)&8 ? d##u : 0) ^ ((i)&16 ? e##u : 0) ^ ((i)&32 ? f##u : 0)      \
        ^ ((i)&64 ? g##u : 0) ^ ((i)&128 ? h##u : 0)
#define LOS_CRC64_4(i, ...)                                                   \
    LOS_CRC64_1(i, __VA_ARGS__), LOS_CRC64_1((i) + 1, __VA_ARGS__),           \
        LOS_CRC64_1((i) + 2, __VA_ARGS__), LOS_CRC64_1((i) + 3, __VA_ARGS__)
#define LOS_CRC64_16(i, ...)                                                  \
    LOS_CRC64_4(i, __VA_ARGS__), LOS_CRC64_4((i) + 4, __VA_ARGS__),           \
        LOS_CRC64_4((i) + 8, __VA_ARGS__), LOS_CRC64_4((i) + 12, __VA_ARGS__)
#define LOS_CRC64_64(i, ...)                                                  \
    LOS_CRC64_16(i, __VA_ARGS__), LOS_CRC64_16((i) + 16, __VA_ARGS__),        \
        LOS_CRC64_16((i) + 32, __VA_ARGS__),                                  \
        LOS_CRC64_16((i) + 48, __VA_ARGS__)
#define LOS_CRC64_256(...)                                                    \
    {                                                                         \
        LOS_CRC64_64(0, __VA_ARGS__), LOS_CRC64_64(64, __VA_ARGS__),          \
            LOS_CRC64_64(128, __VA_ARGS__), LOS_CRC64_64(192, __VA_ARGS__)    \
    }

#define LOS_CRC64_TABLES                                                      \
    {                                                                         \
        LOS_CRC64_TABLE_0(LOS_CRC64_256), LOS_CRC64_TABLE_1(LOS_CRC64_256),   \
            LOS_CRC64_TABLE_2(LOS_CRC64_256),                                 \
            LOS_CRC64_TABLE_3(LOS_CRC64_256),                                 \
            LOS_CRC64_TABLE_4(LOS_CRC64_256),                                 \
            LOS_CRC64_TABLE_5(LOS_CRC64_256),                                 \
            LOS_CRC64_TABLE_6(LOS_CRC64_256),                                 \
            LOS_CRC64_TABLE_7(LOS_CRC64_256)                                  \
    }

#endif
